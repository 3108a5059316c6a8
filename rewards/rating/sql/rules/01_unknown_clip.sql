-- We know the clip and the creator it belongs to.
clip_no IS NOT NULL
