"""Templates of the pages and of mails: data, loaded by governance/web/layout.py."""
