"""Where each field stands in INT-I's XML (v6): the names of its elements, in the order they are written.

Names and order are those of ANSI/NIST-ITL 1-2011's XML and of INTERPOL's published tables and samples. Where both
name an element differently, the newer name is written and the older one read, too (`xml.ALSO`). Where neither shows
the order (answers, and the numbers of a device), it is a guess; readers of ours do not depend on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

NAMESPACES = {
    "itl": "http://biometrics.nist.gov/standard/2011",
    "biom": "http://niem.gov/niem/biometrics/1.0",
    "nc": "http://niem.gov/niem/niem-core/2.0",
    "int-i": "http://interpol.gov/int-i/1.0",
}
ROOT = "itl:NISTBiometricInformationExchangePackage"
CATEGORY = "biom:RecordCategoryCode"
DATA = 999


class Form(Enum):
    """How a text is spelled differently in the two encodings."""

    TEXT = "as it stands"
    MOMENT = "a date or a time: nc:Date or nc:DateTime"
    VERSION = "two elements, written as one number"


@dataclass(frozen=True, slots=True)
class Place:
    """A field's element below its record, and its items' elements below that; no path: the element itself.

    first: it takes the field's first subfield only, the next place the others. written: the order of the items
    in XML, where it is not the field's own.
    """

    number: int
    node: str
    items: tuple[str, ...] = ("",)
    form: Form = Form.TEXT
    first: bool = False
    written: tuple[int, ...] = ()


RECORDS = {
    1: "itl:PackageInformationRecord",
    2: "itl:PackageDescriptiveTextRecord",
    4: "itl:PackageHighResolutionGrayscaleImageRecord",
    9: "itl:PackageMinutiaeRecord",
    10: "itl:PackageFacialAndSMTImageRecord",
    13: "itl:PackageLatentImageRecord",
    14: "itl:PackageFingerprintImageRecord",
    15: "itl:PackagePalmprintImageRecord",
    16: "itl:PackageUserDefinedTestingImageRecord",
    17: "itl:PackageIrisImageRecord",
    18: "itl:PackageDNARecord",
    19: "itl:PackagePlantarImageRecord",
    20: "itl:PackageSourceRepresentationRecord",
    21: "itl:PackageAssociatedContextRecord",
    22: "itl:PackageNonPhotographicImageryRecord",
    98: "itl:PackageInformationAssuranceRecord",
    99: "itl:PackageCBEFFBiometricDataRecord",
}

_ID = "nc:IdentificationID"
_IDC = Place(2, f"biom:ImageReferenceIdentification/{_ID}")
_COUNTRY = "int-i:LocationCountryISO3166Alpha3Code"

_T = "biom:Transaction"
_TO, _FROM = "int-i:TransactionDestinationOrganization", "int-i:TransactionOriginatingOrganization"
_AGENCY_ID = f"nc:OrganizationIdentification/{_ID}"
_SUMMARY = f"{_T}/biom:TransactionContentSummary"
_SCALE = f"{_T}/biom:TransactionImageResolutionDetails"

_TYPE_1 = (
    Place(5, f"{_T}/biom:TransactionDate", form=Form.MOMENT),
    Place(7, f"{_T}/{_TO}/{_AGENCY_ID}"),
    Place(8, f"{_T}/{_FROM}/{_AGENCY_ID}"),
    Place(
        17,
        _T,
        (
            f"{_TO}/nc:OrganizationName",
            f"{_FROM}/nc:OrganizationName",
            f"{_TO}/{_COUNTRY}",
            f"{_FROM}/{_COUNTRY}",
        ),
    ),
    Place(14, f"{_T}/biom:TransactionUTCDate", form=Form.MOMENT),
    Place(9, f"{_T}/biom:TransactionControlIdentification/{_ID}"),
    Place(10, f"{_T}/biom:TransactionControlReferenceIdentification/{_ID}"),
    Place(
        13,
        f"{_T}/biom:TransactionDomain",
        ("biom:TransactionDomainName", f"biom:DomainVersionNumberIdentification/{_ID}"),
        written=(1, 0),
    ),
    Place(11, f"{_SCALE}/biom:NativeScanningResolutionValue"),
    Place(12, f"{_SCALE}/biom:NominalTransmittingResolutionValue"),
    Place(
        2,
        _T,
        ("biom:TransactionMajorVersionValue", "biom:TransactionMinorVersionValue"),
        form=Form.VERSION,
    ),
    Place(6, f"{_T}/biom:TransactionPriorityValue"),
    Place(4, f"{_T}/int-i:TransactionCategoryCode"),
    Place(3, _SUMMARY, ("biom:ContentFirstRecordCategoryCode", "biom:ContentRecordQuantity"), first=True),
    Place(
        3,
        f"{_SUMMARY}/biom:ContentRecordSummary",
        (CATEGORY, f"biom:ImageReferenceIdentification/{_ID}"),
        written=(1, 0),
    ),
    Place(
        15,
        f"{_T}/biom:TransactionCharacterSetDirectory",
        (
            "biom:CharacterSetIndexCode",
            "biom:CharacterSetCommonNameCode",
            f"biom:CharacterSetVersionIdentification/{_ID}",
        ),
        written=(1, 0, 2),
    ),
)

_D = "itl:UserDefinedDescriptiveDetail/int-i:DomainDefinedDescriptiveDetail"
_ACTIVITY, _SUBJECT = f"{_D}/int-i:RecordActivity", f"{_D}/int-i:RecordSubject"
_CIVIL, _META = f"{_D}/int-i:RecordCivil", f"{_D}/int-i:RecordMetadata"
_NUMBERS = f"{_META}/int-i:MiscellaneousIdentification"
_MODE, _RESPONSE = f"{_D}/int-i:TransactionMetadata", f"{_D}/int-i:TransactionResponseData"
_STREET = "nc:StructuredAddress/nc:LocationStreet"
_ADDRESS = (
    "nc:AddressFullText",
    f"{_STREET}/nc:StreetNumberText",
    f"{_STREET}/nc:StreetName",
    "nc:StructuredAddress/nc:LocationCityName",
    "nc:StructuredAddress/nc:LocationCountyName",
    "nc:StructuredAddress/nc:LocationStateName",
    "nc:StructuredAddress/nc:LocationCountryISO3166Alpha3Code",
    "nc:StructuredAddress/nc:LocationPostalCode",
)
_NAME = (
    "nc:PersonNamePrefixText",
    "nc:PersonGivenName",
    "nc:PersonMiddleName",
    "nc:PersonSurName",
    "nc:PersonNameSuffixText",
    "nc:PersonMaidenName",
    "int-i:PersonExtendedName",
)
_OWNED = (_COUNTRY, _ID)  # a reference number and the country that owns it
_CANDIDATE = "int-i:TransactionCandidate"

_TYPE_2 = (
    _IDC,
    Place(19, f"{_ACTIVITY}/biom:RecordCreationDate", form=Form.MOMENT),
    Place(
        23,
        f"{_ACTIVITY}/int-i:CaptureOrganization",
        ("nc:OrganizationName", *(f"nc:LocationAddress/{each}" for each in _ADDRESS), _AGENCY_ID),
        written=(9, 0, 1, 2, 3, 4, 5, 6, 7, 8),
    ),
    Place(35, f"{_SUBJECT}/nc:PersonBirthDate", form=Form.MOMENT),
    Place(37, f"{_SUBJECT}/nc:PersonBirthLocation/nc:LocationAddress", _ADDRESS),
    Place(38, f"{_SUBJECT}/nc:PersonCitizenshipISO3166Alpha3Code"),
    Place(30, f"{_SUBJECT}/int-i:PersonName", _NAME),
    Place(34, f"{_SUBJECT}/int-i:PersonAliases/int-i:PersonName", _NAME),
    Place(36, f"{_SUBJECT}/int-i:PersonBirthDateRange", ("nc:StartDate", "nc:EndDate"), form=Form.MOMENT),
    Place(39, f"{_SUBJECT}/int-i:PersonSexCode"),
    Place(75, f"{_SUBJECT}/int-i:PersonFather", _NAME),
    Place(76, f"{_SUBJECT}/int-i:PersonMother", _NAME),
    Place(95, f"{_CIVIL}/int-i:CivilDescriptionCode"),
    Place(96, f"{_CIVIL}/int-i:CivilDescriptionText"),
    Place(10, f"{_NUMBERS}/int-i:NationalPersonIdentifier", _OWNED),
    Place(91, f"{_NUMBERS}/int-i:NationalPersonInquiryIdentifier", _OWNED),
    Place(11, f"{_NUMBERS}/int-i:NationalBusinessReference", _OWNED),
    *(
        Place(11 + n, f"{_NUMBERS}/int-i:MiscellaneousIdentificationID{n}", ("int-i:MiscIDType", _ID))
        for n in range(1, 6)
    ),
    Place(90, f"{_NUMBERS}/int-i:InterpolReferenceNumber"),
    Place(
        63,
        f"{_META}/int-i:ContactInformation",
        (
            "nc:ContactTelephoneNumber/nc:FullTelephoneNumber/nc:TelephoneNumberFullID",
            "nc:OrganizationName",
            "nc:PersonFullName",
            "int-i:AdditionalContactInformationText",
        ),
    ),
    Place(92, f"{_META}/nc:ExpirationDate", form=Form.MOMENT),
    Place(4, f"{_META}/int-i:RecordCreationDate", form=Form.MOMENT),
    Place(5, f"{_META}/int-i:RecordLastUpdateDate", form=Form.MOMENT),
    Place(93, f"{_META}/int-i:LatentUniqueIdentifier"),
    Place(94, f"{_MODE}/int-i:ResultDeterminationMode"),
    Place(
        64,
        f"{_RESPONSE}/int-i:RespondentsList",
        (
            f"{_CANDIDATE}/int-i:CandidateSequenceID/{_ID}",
            f"{_CANDIDATE}/int-i:TransactionCandidateManualVerificationIndicator",
            "int-i:TransactionCandidatesTotalQuantity",
            "int-i:TransactionCategoryCode",
            "int-i:TransactionSearchResultsCode",
        ),
    ),
    Place(
        74,
        f"{_RESPONSE}/int-i:ErrorMessage",
        ("int-i:ErrorCode", "int-i:ErrorFieldMnemonicCode", "int-i:ErrorMessageText"),
    ),
    Place(
        77,
        f"{_RESPONSE}/int-i:LatentMatchingPosition",
        ("int-i:LatentMatchingPositionSearch", "int-i:LatentMatchingPositionCandidate"),
    ),
)


_MADE = tuple(f"biom:CaptureDevice{each}Text" for each in ("Make", "Model", "SerialNumber"))


def _image(element: str, *, face: bool = False) -> tuple[Place, ...]:
    """What the records of a face, a finger and a palm share, in the order of the standard."""
    detail = f"{element}/biom:ImageCaptureDetail"
    depth, space, kind = (
        Place(12, f"{element}/biom:ImageBitsPerPixelQuantity"),
        Place(12, f"{element}/biom:ImageColorSpaceCode"),
        Place(3, f"{element}/biom:ImageCategoryCode"),
    )
    return (
        _IDC,
        Place(DATA, f"{element}/nc:BinaryBase64Object"),
        *(() if face else (depth,)),
        Place(5, f"{detail}/biom:CaptureDate", form=Form.MOMENT),
        Place(903, f"{detail}/biom:CaptureDeviceIdentification/{_ID}"),
        Place(904, detail, _MADE),
        Place(4, f"{detail}/biom:CaptureOrganization/{_AGENCY_ID}"),
        Place(993, f"{detail}/biom:CaptureOrganization/nc:OrganizationName"),
        Place(16, f"{detail}/biom:CaptureHorizontalPixelDensityValue"),
        Place(17, f"{detail}/biom:CaptureVerticalPixelDensityValue"),
        Place(30, f"{detail}/biom:CaptureDeviceMonitoringModeCode"),
        *((space,) if face else ()),
        Place(38 if face else 20, f"{element}/biom:ImageCommentText"),
        Place(11, f"{element}/biom:ImageCompressionAlgorithmText"),
        Place(6, f"{element}/biom:ImageHorizontalLineLengthPixelQuantity"),
        Place(9, f"{element}/biom:ImageHorizontalPixelDensityValue"),
        Place(8, f"{element}/biom:ImageScaleUnitsCode"),
        *((kind,) if face else ()),
        Place(7, f"{element}/biom:ImageVerticalLineLengthPixelQuantity"),
        Place(10, f"{element}/biom:ImageVerticalPixelDensityValue"),
    )


def _ridges(element: str) -> tuple[Place, ...]:
    """What the records of a finger and a palm share."""
    return (
        *_image(element),
        Place(3, f"{element}/biom:FingerprintImageImpressionCaptureCategoryCode"),
        Place(901, f"{element}/biom:FrictionRidgeCaptureTechnology"),
    )


_FACE, _FINGER, _PALM = "biom:FaceImage", "biom:FingerImpressionImage", "biom:PalmprintImage"
_TYPE_10 = (
    *_image(_FACE, face=True),
    Place(13, f"{_FACE}/biom:FaceImageAcquisitionProfileCode"),
    Place(21, f"{_FACE}/biom:FaceImagePoseOffsetAngleMeasure"),
    Place(20, f"{_FACE}/biom:FaceImageSubjectPoseCode"),
)
_TYPE_14 = (
    *_ridges(_FINGER),
    Place(13, f"{_FINGER}/biom:FingerPositionCode"),
    Place(
        18,
        f"{_FINGER}/biom:FingerprintImageFingerMissing",
        ("biom:FingerPositionCode", "biom:FingerMissingCode"),
    ),
    Place(31, f"{_FINGER}/biom:FingerprintImageAcquisitionProfileCode"),
)
_TYPE_15 = (
    *_ridges(_PALM),
    Place(13, f"{_PALM}/biom:PalmPositionCode"),
    Place(
        18,
        f"{_PALM}/biom:PalmprintImageMissingArea",
        ("biom:PalmPositionCode", "biom:PalmMissingAreaReasonCode"),
    ),
)

PLACES: dict[int, tuple[Place, ...]] = {1: _TYPE_1, 2: _TYPE_2, 10: _TYPE_10, 14: _TYPE_14, 15: _TYPE_15}
