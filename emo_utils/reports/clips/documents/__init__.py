"""Reports to open and to print, of one clip and of a run over many: their content, as HTML, as PDF."""
