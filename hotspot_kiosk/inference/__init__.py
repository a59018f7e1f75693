"""From pixels to quality and features. Pure: no device, disk or network beyond the model files."""
