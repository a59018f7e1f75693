"""What the fields of ANSI/NIST-ITL are called: mnemonics, and plain words for people; codes in words.

Words only; what a value may be stands in the rules.
"""

from __future__ import annotations

_TYPE_1 = {
    2: "VER version of the standard",
    3: "CNT records in this file",
    4: "TOT type of transaction",
    5: "DAT date",
    6: "PRY priority",
    7: "DAI sent to",
    8: "ORI sent by",
    9: "TCN control number",
    10: "TCR answers the transaction",
    11: "NSR native resolution of Type-4",
    12: "NTR resolution of Type-4",
    13: "DOM profile",
    14: "GMT time (UTC)",
    15: "DCS character set",
    17: "ANM names of the agencies",
}
_TYPE_2 = {
    2: "IDC number in this file",
    4: "DAR record created",
    5: "DLU record updated",
    10: "CRN number of the person at the owner",
    11: "ORN business references",
    12: "MN1 other number",
    13: "MN2 other number",
    14: "MN3 other number",
    15: "MN4 other number",
    16: "MN5 other number",
    19: "DPR captured",
    20: "TOF time of capture",
    21: "RFP offence",
    23: "OBU captured by",
    30: "NAM name",
    34: "AKA other names",
    35: "DOB date of birth",
    36: "DBR born between",
    37: "POB place of birth",
    38: "NAT nationality",
    39: "SEX sex",
    63: "INF whom to call",
    64: "RLS result of the search",
    74: "ERM error",
    75: "FFN father's name",
    76: "MMN mother's name",
    77: "LMP positions that matched",
    90: "IRN INTERPOL's number of the person",
    91: "NPI number of the person in this inquiry",
    92: "EXP to be deleted by",
    93: "LID number of the latent",
    94: "RDM how results are verified",
    95: "CRF reason of a civil search",
    96: "COT reason in words",
}
_IMAGE = {
    2: "IDC number in this file",
    3: "IMP impression",
    4: "SRC source agency",
    5: "FCD captured",
    6: "HLL width in pixels",
    7: "VLL height in pixels",
    8: "SLC unit of scale",
    9: "THPS pixels to the unit, across",
    10: "TVPS pixels to the unit, down",
    11: "CGA compression",
    12: "BPX bits a pixel",
    13: "FGP position",
    16: "SHPS scanned pixels, across",
    17: "SVPS scanned pixels, down",
    18: "AMP missing or bandaged",
    20: "COM comment",
    21: "SEG segments",
    22: "NQM NIST quality",
    23: "SQM segments' quality",
    24: "FQM quality",
    25: "ASEG segments' outlines",
    30: "DMM supervision",
    31: "FAP profile of the device",
    901: "FCT technology of the device",
    903: "DUI identity of the device",
    904: "MMS device",
    993: "SAN name of the source",
    999: "DATA image",
}
_FACE = {
    3: "IMT kind of image",
    5: "PHD captured",
    12: "CSP colours",
    13: "SAP profile of the portrait",
    20: "POS pose",
    21: "POA angle of the pose",
    24: "SQS quality",
    38: "COM comment",
}
_TYPE_4 = {
    2: "IDC number in this file",
    3: "IMP impression",
    4: "FGP position",
    5: "ISR resolution",
    6: "HLL width in pixels",
    7: "VLL height in pixels",
    8: "CGA compression",
    999: "DATA image",
}
_NAMES = {
    1: _TYPE_1,
    2: _TYPE_2,
    4: _TYPE_4,
    10: _IMAGE | _FACE,
    13: _IMAGE | {5: "LCD captured"},
    14: _IMAGE,
    15: _IMAGE | {5: "PCD captured", 31: "PAP profile of the device"},
}

RECORDS = {
    1: "transaction",
    2: "description",
    4: "finger (older form)",
    7: "user-defined image",
    8: "signature",
    9: "minutiae",
    10: "face",
    13: "latent",
    14: "finger",
    15: "palm",
    16: "test image",
    17: "iris",
    18: "DNA",
    19: "foot",
    20: "source",
    21: "context",
    22: "other image",
    98: "assurance",
    99: "biometric data of another format",
}

TRANSACTIONS = {
    "NPS": "search, non-criminal",
    "CPS": "search, criminal",
    "SRE": "result of a search",
    "ERR": "error",
    "MPS": "search of a latent (not of this software)",
    "ATP": "stores a person (never from this software)",
}
FINGERS = (
    "unknown finger",
    "right thumb",
    "right index",
    "right middle",
    "right ring",
    "right little",
    "left thumb",
    "left index",
    "left middle",
    "left ring",
    "left little",
    "plain right thumb",
    "plain left thumb",
    "plain right four fingers",
    "plain left four fingers",
    "both thumbs",
)
PALMS = {
    20: "unknown palm",
    21: "right full palm",
    22: "right writer's palm",
    23: "left full palm",
    24: "left writer's palm",
    25: "right lower palm",
    26: "right upper palm",
    27: "left lower palm",
    28: "left upper palm",
}
IMPRESSIONS = {
    0: "live scan, plain",
    1: "live scan, rolled",
    2: "not live, plain",
    3: "not live, rolled",
    8: "live scan, swipe",
    24: "live scan, contactless, plain",
    25: "live scan, contactless, rolled",
}
MISSING = {"UP": "no image: amputated or bandaged", "XX": "partly there: amputated"}


def path_of(kind: int, number: int) -> str:
    """As people write it: `14.013`."""
    return f"{kind}.{number:03d}"


def name_of(kind: int, number: int) -> str:
    """With its mnemonic: `14.013 FGP`; only the number if it has none here."""
    return f"{path_of(kind, number)} {_NAMES.get(kind, {}).get(number, '').partition(' ')[0]}".strip()


def words_of(kind: int, number: int) -> str:
    """What the field is, in words: `position`."""
    return _NAMES.get(kind, {}).get(number, "").partition(" ")[2]


def position_words(code: int) -> str:
    """A position of a finger or palm (FGP): `right index`."""
    return PALMS.get(code) or (FINGERS[code] if code < len(FINGERS) else f"position {code}")
