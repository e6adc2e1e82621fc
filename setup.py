"""Packaging of Ashyq Kiosk. Tool settings stand in pyproject.toml."""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = next(
    line.split('"')[1]
    for line in (HERE / "kiosk" / "__init__.py").read_text(encoding="utf-8").splitlines()
    if line.startswith("__version__")
)

TERMINAL = [
    "opencv-python>=4.11",  # camera, video files, image operations
    "zxing-cpp>=3.0,<4",  # first QR decoder: fast, exact bytes
    "pyzbar>=0.1.9",  # second QR decoder: reads some codes that zxing-cpp misses; needs apt's libzbar0
    "numpy>=1.26",  # frames are arrays
    "kivy>=2.3.1",  # the screen
    "requests>=2.32",  # central over HTTPS
    "gpiozero>=2.0.1",  # LEDs, relay, buttons
    "pydantic>=2.9",  # typed settings and the wire contract
    "PyYAML>=6.0.2",  # configuration, with the place of every value
    "typer>=0.15",  # the command line and its help
    "structlog>=25.1",  # structured logs
    "cryptography>=44",  # Ed25519
    "PyNaCl>=1.5",  # sealed boxes: visitor references in the journal, for central's eyes alone
    "cbor2>=5.6",  # the CBOR claims of a signed pass
    "uuid-utils>=0.11",  # UUIDv7 visit ids, until the standard library of every supported Python has them
    "tzdata>=2025.1",  # time zones where the system ships none
]
CENTRAL = [
    "fastapi>=0.115",  # the reference central status API and its OpenAPI document
    "uvicorn>=0.34",  # its HTTP server
    "sqlalchemy>=2.0.36",  # its database, SQLite by default
]
ISSUE = [
    "segno>=1.6.6",  # draws QR codes of passes
]
PI = [
    # 0.0.0.2 has an empty module, and pip takes it where a newer one has no wheel (Python 3.13: apt python3-lgpio).
    "lgpio>=0.2.2.0",
]
DEV = [
    "pytest>=8.3",  # the tests
    "hypothesis>=6.120",  # property tests
    "ruff>=0.9",  # lint and format
    "mypy>=1.14",  # types
    "import-linter>=2.1",  # who may import whom
    "Babel>=2.16",  # gettext catalogues
    "types-requests>=2.32",  # types
    "types-PyYAML>=6.0.12",  # types
    "setuptools>=77",  # the wheel that the tests build and run elsewhere
    "wheel>=0.45",  # likewise
]
TRAIN = [  # `make train` alone; what it makes is read by OpenCV
    "torch>=2.6",  # trains the network that tells codes from clutter
    "onnx>=1.17",  # the file that it is written to
]

setup(
    name="ashyq-kiosk",
    version=VERSION,
    description="Entrance terminal: QR code in front of a camera, status check, verdict on the screen, open door",
    long_description=(HERE / "README.md").read_text(encoding="utf-8") if (HERE / "README.md").exists() else "",
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=find_packages(include=["kiosk", "kiosk.*", "hardware", "hardware.*", "config", "config.*"]),
    package_data={
        "config": ["*.yaml"],
        "hardware": ["*.onnx"],
        "kiosk": [
            "**/*.kv",
            "**/*.po",
            "**/*.mo",
            "**/*.ttf",
            "**/*.txt",
            "**/*.wav",
            "**/*.json",
            "**/*.png",
            "**/*.csv",
        ],
    },
    install_requires=TERMINAL,
    extras_require={
        "central": CENTRAL,
        "demo": CENTRAL + ISSUE,
        "issue": ISSUE,
        "pi": PI,
        "dev": CENTRAL + ISSUE + DEV,
        "train": CENTRAL + ISSUE + DEV + TRAIN,
    },
    entry_points={"console_scripts": ["ashyq-kiosk = kiosk.__main__:main"]},
)
