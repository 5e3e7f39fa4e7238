"""What both front ends share: the look, a careful page's manners, and a chooser in place of sign-in."""
