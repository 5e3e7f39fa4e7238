"""Invented people's names: given names and family names of many origins, put together by chance, none used twice."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from random import Random

GIVEN_NAMES = """
Abena Adeola Aisha Alan Alice Alun Amelia Amit Ana Andrea Andrzej Angus Anika Anwar Ayesha Barbara Bernadette Bilal
Brendan Bronwen Carla Catherine Chidi Ciara Claudia Clive Cormac Dalia Danuta Darren Dawit Deepa Derek Dilys Donna
Dylan Efua Eileen Ekaterina Eleri Emeka Emre Esther Eunice Faisal Farah Fergus Fiona Florin Freya Gemma Gethin
Giulia Gordon Gulsen Gwyneth Halima Hamza Harjit Hasan Heather Hilary Hiroko Hyacinth Ibrahim Ifeoma Ioana Irena
Isla Ivo Jamal Janet Jasmin Jelena Joaquim Jonathan Jozef Julie Kamala Karim Karolina Kathleen Keir Kerry-Ann
Khadija Kieran Kiran Kofi Lakshmi Lara Leila Leroy Linh Lorna Lucia Lynette Magda Malcolm Manjit Marek Marsha Mehmet
Mei Melvin Michelle Mohammed Moira Morag Musa Nadine Naomi Nasreen Neema Niamh Nigel Nikos Noel Obinna Olga Olivia
Orla Osman Parveen Patience Petra Philippa Pooja Przemek Quentin Rabia Radka Ranjit Rashid Rebecca Rhian Rhys Róisín
Rosalind Rukhsana Ruby Samir Sanjay Seamus Selin Shanice Siân Simone Sipho Siobhan Stefan Stella Sunita Tadeusz
Tamsin Tanya Teodora Thandi Thu Tomos Trevor Uzma Valerie Veronica Vikram Wanjiru Wendy Xin Yaw Yetunde Yusuf Zainab
Zbigniew Zoë Zofia
"""

FAMILY_NAMES = """
Abara Abbott Achebe Adair Adeyinka Ahmad Akhtar Alderson Alvarez Amoah Andersen Arkwright Asfaw Ashdown Aydin
Bagshaw Bakare Balogun Bannister Barlow Barzani Baxter Bhatt Birchall Blackwood Boateng Bogdan Bradwell Brannigan
Brennan Burgess Calloway Cartwright Castellano Chapman Chaudhry Chowdhury Clegg Coleman Connolly Coyle Cranfield
Cunha Dacosta Dalton Danquah Darwish Davenport Delaney Demir Desmond Dhillon Diallo Dimitrov Doherty Donnelly Dragan
Dunmore Eastwood Eccles Edmonds Ejiofor Elliott Emmanuel Eriksen Escobar Fairbanks Farooq Faulkner Fenwick Ferreira
Fielding Fitzroy Fofana Fothergill Fraser Gallagher Garside Georgiou Ghosh Gilchrist Goodall Greenhalgh Grewal Gupta
Haddad Halloran Hargreaves Haruna Haywood Hobday Holloway Hussain Ibekwe Ilic Iqbal Jablonski Jankowski Jessop Johal
Kaczmarek Kapoor Karim Kavanagh Kaya Kelleher Keogh Kershaw Khalil Kinsella Kowalczyk Lachlan Laskowski Lawal
Leadbetter Lindqvist Llewellyn Lockwood Lomax Mahmood Malik Mancini Mandal Marchetti Maskell Mbeki McAllister
McGrath Meireles Muñoz Mistry Moffat Molloy Moreno Mukherjee Mulholland Nasser Ndlovu Nicolau Nkemelu Norris Nowicki
O'Brien O'Dowd O'Hara Oakley Obeng Odhiambo Ogunleye Olsen Omondi Orton Osborne Oyelaran Palmer Papadakis Parekh
Parvin Paszek Peacock Pemberton Pennington Petrescu Phiri Pilkington Popescu Prescott Quarshie Quigley Rafiq Rahman
Ramsbottom Rathbone Redfern Ribeiro Rigby Robertshaw Rosario Rowbotham Rzepka Saleh Sandhu Santos Sarpong Scully
Sesay Sharma Shepherd Siddle Sikorski Skelton Sorensen Soto Stavrou Strickland Suleiman Swindells Szabo Tahir
Takahashi Tariq Tattersall Teixeira Thackeray Thornley Tkachenko Tran Trevelyan Tuffour Turnbull Umeh Underwood
Uppal Usman Vasilescu Verma Villiers Waddington Walczak Wardle Wasiu Weatherall Whelan Winstanley Wojcik Wrigley
Xavier Yankah Yeboah Yildiz Zaman Zhou
"""

GIVEN, FAMILY = GIVEN_NAMES.split(), FAMILY_NAMES.split()


class Names:
    """Names that nobody has yet; the same chance gives the same names."""

    def __init__(self, chance: Random, taken: Collection[str]) -> None:
        self._chance = chance
        self._taken = set(taken)

    def draw(self) -> tuple[str, str]:
        """A person's reference and name."""
        while True:
            given, family = self._chance.choice(GIVEN), self._chance.choice(FAMILY)
            reference = f"{plain(given)}.{plain(family)}"
            if reference not in self._taken:
                self._taken.add(reference)
                return reference, f"{given} {family}"


def plain(name: str) -> str:
    """A name as references have it: small letters of the plain alphabet."""
    decomposed = unicodedata.normalize("NFD", name.lower())
    return "".join(letter for letter in decomposed if letter.isascii() and (letter.isalpha() or letter == "-"))
