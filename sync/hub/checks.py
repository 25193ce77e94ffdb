"""stand-in until the books' own checks are there"""
def check_books(c): return []
