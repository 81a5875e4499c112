"""Has what arrives changed? Tests for streams of songs that hold their false-alarm rate.

Songs arrive in clumps: an album, an artist's whole work. Tests that take each song for a draw
of its own then see drift nearly always. So here the unit is the cluster (an artist, an album, an
upload batch): songs are averaged to units first, and all chance is judged by shuffling units.

- `rows`: songs as rows; which of them are the newest window and which the reference
- `units`: songs averaged to units, as many on one side as on the other
- `measures`: how far apart two groups of units are, for many groupings at once
- `shuffles`: groupings that could as well have been, and the p of the one that is
- `check`: one look: is it drift, how large, what drives it
- `power`: what that look could have seen
- `watch`: when to look, and how much of a year's allowance of false alarms a look may spend
- `trials`: the false-alarm rate on a library of one's own, beside a naive rule

It knows nothing of genre, models or rows in a database.
"""
