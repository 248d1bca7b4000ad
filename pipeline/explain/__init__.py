"""What there is and how it came about: values, status, audits, methods."""

# Rows of a step that an audit gives to programs and pages.
SHOWN_ROWS = 50
