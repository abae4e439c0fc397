"""The look of the page: Gradio's theme in the colours of the project, its own style sheet, its scripts."""

from pathlib import Path

from gradio import themes

STATIC = Path(__file__).parent / "static"
"""Files that the browser loads from this server; nothing comes from elsewhere."""

CSS = (STATIC / "page.css").read_text(encoding="utf-8")

HEAD = (
    '<meta name="description" content="Read facial expressions from video, on this machine">'
    '<link rel="stylesheet" href="emo/static/phone.css">'
    '<script type="module" src="emo/static/page.js"></script>'
)

SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")

TEAL = themes.Color(
    name="emo", c50="#f0faf8", c100="#d6f1ec", c200="#ade2d9", c300="#7acdc0", c400="#45b1a2", c500="#1f9284",
    c600="#0f766b", c700="#0d5f57", c800="#0c4c46", c900="#0a3f3a", c950="#042523",
)  # fmt: skip
GREY = themes.Color(
    name="emo_grey", c50="#f8faf9", c100="#f0f3f2", c200="#e0e6e4", c300="#c8d1ce", c400="#94a19d", c500="#5f6d69",
    c600="#485652", c700="#33403c", c800="#1b2624", c900="#131c1a", c950="#0c1312",
)  # fmt: skip

LIGHT_AND_DARK = {
    "body_background_fill": ("*neutral_50", "*neutral_950"),
    "body_text_color": ("*neutral_900", "#e7efec"),
    "body_text_color_subdued": ("*neutral_500", "#a3b3ae"),
    "background_fill_primary": ("white", "*neutral_900"),
    "background_fill_secondary": ("*neutral_50", "*neutral_950"),
    "block_background_fill": ("white", "*neutral_900"),
    "block_border_color": ("*neutral_200", "*neutral_700"),
    "border_color_primary": ("*neutral_300", "*neutral_700"),
    "block_label_background_fill": ("white", "*neutral_900"),
    "block_label_text_color": ("*neutral_600", "#c3d0cc"),
    "block_title_text_color": ("*neutral_700", "#d5dfdc"),
    "block_info_text_color": ("*neutral_500", "#a3b3ae"),
    "input_background_fill": ("white", "*neutral_800"),
    "input_border_color": ("#8b9894", "#71807b"),
    "button_primary_background_fill": ("*primary_600", "*primary_300"),
    "button_primary_background_fill_hover": ("*primary_700", "*primary_200"),
    "button_primary_text_color": ("white", "*primary_950"),
    "button_secondary_background_fill": ("white", "*neutral_800"),
    "button_secondary_background_fill_hover": ("*neutral_100", "*neutral_700"),
    "button_secondary_text_color": ("*neutral_800", "#e7efec"),
    "button_secondary_border_color": ("*neutral_300", "*neutral_600"),
    "link_text_color": ("*primary_700", "*primary_300"),
    "color_accent_soft": ("*primary_50", "*neutral_800"),
}
"""Variables of the theme: their value in light and in dark."""


def emo_theme() -> themes.Base:
    """The theme."""
    base = themes.Base(
        primary_hue=TEAL,
        secondary_hue=TEAL,
        neutral_hue=GREY,
        font=SANS,
        font_mono=MONO,
        radius_size=themes.sizes.radius_md,
        text_size=themes.sizes.text_md,
    )
    values = {name: light for name, (light, _) in LIGHT_AND_DARK.items()}
    return base.set(
        input_border_width="1px", **values, **{f"{name}_dark": dark for name, (_, dark) in LIGHT_AND_DARK.items()}
    )
