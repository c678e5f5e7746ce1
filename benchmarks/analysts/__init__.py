"""A made-up archive that analysts' questions are asked of, and what it takes to answer them."""
