-- The viewer is somebody else than the creator.
viewer_id IS DISTINCT FROM owner_viewer_id
