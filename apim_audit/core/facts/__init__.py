"""What is asked, what is there and what is found, as frozen values."""
