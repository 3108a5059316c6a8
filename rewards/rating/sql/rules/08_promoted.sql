-- The view came by itself: it was neither advertised nor paid for.
NOT promoted
