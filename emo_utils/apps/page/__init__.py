"""The web page: `server` puts it online, `layout` holds its tabs, `<name>_tab` one file each."""
