"""Read facial expressions from video: the package behind the notebooks, the `emo` command and the web page.

An expression is what a face shows; it is not what a person feels.
"""

__version__ = "0.1.0"
