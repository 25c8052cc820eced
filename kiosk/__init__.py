"""The ticket kiosk: slips, their printing, the page."""
