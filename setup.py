"""What pyproject.toml cannot say: in an installed package sql/ lies within pipeline/, in the repository beside it."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["pipeline*", "assets*"]), "pipeline.sql"],
    package_dir={"pipeline.sql": "sql"},
)
