"""Templates + parameters → SQL, with the way back from a line of SQL to the user's file."""
