"""Who a face is: recognisers, those to tell it from, and strangers who look for faces."""
