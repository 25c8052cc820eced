"""What a hall shows and says: board, sign text, speech, wall pages."""
