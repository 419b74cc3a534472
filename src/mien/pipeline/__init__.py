"""De-identifying a clip: choosing, rendering, attacking what comes of it, and writing it down."""
