"""Reports as HTML, PDF, CSV and COCO."""
