-- The clip is the creator's own work: no duet, no stitch, no copy.
original
