"""Answers to searches, for tests: as XML in the shape of INTERPOL's public samples, written from their facts."""

from __future__ import annotations

from hotspot_kiosk.nist.places import NAMESPACES

TCN, TCR = "19125458357684J", "19125458357683H"  # the numbers of the public samples
NO_HIT = """
<int-i:TransactionResponseData><int-i:RespondentsList>
  <int-i:TransactionCandidate>
    <int-i:CandidateSequenceID><nc:IdentificationID>1</nc:IdentificationID></int-i:CandidateSequenceID>
    <int-i:TransactionCandidateManualVerificationIndicator>false</int-i:TransactionCandidateManualVerificationIndicator>
  </int-i:TransactionCandidate>
  <int-i:TransactionCandidatesTotalQuantity>0</int-i:TransactionCandidatesTotalQuantity>
  <int-i:TransactionCategoryCode>CPS</int-i:TransactionCategoryCode>
  <int-i:TransactionSearchResultsCode>N</int-i:TransactionSearchResultsCode>
</int-i:RespondentsList></int-i:TransactionResponseData>"""
HIT = """
<int-i:RecordSubject>
  <nc:PersonBirthLocation><nc:LocationAddress><nc:StructuredAddress>
    <nc:LocationCityName>Anywhere</nc:LocationCityName>
    <nc:LocationCountryISO3166Alpha3Code>XYZ</nc:LocationCountryISO3166Alpha3Code>
  </nc:StructuredAddress></nc:LocationAddress></nc:PersonBirthLocation>
  <int-i:PersonName><nc:PersonGivenName>Some</nc:PersonGivenName><nc:PersonSurName>Body</nc:PersonSurName></int-i:PersonName>
  <int-i:PersonSexCode>X</int-i:PersonSexCode>
</int-i:RecordSubject>
<int-i:RecordMetadata>
  <int-i:MiscellaneousIdentification><int-i:NationalPersonIdentifier>
    <int-i:LocationCountryISO3166Alpha3Code>ABC</int-i:LocationCountryISO3166Alpha3Code>
    <nc:IdentificationID>42</nc:IdentificationID>
  </int-i:NationalPersonIdentifier></int-i:MiscellaneousIdentification>
  <int-i:ContactInformation>
    <int-i:AdditionalContactInformationText>Call first.</int-i:AdditionalContactInformationText>
  </int-i:ContactInformation>
</int-i:RecordMetadata>""" + NO_HIT.replace(">N<", ">I<").replace(">false<", ">true<").replace(">0<", ">3<")
ERROR = """
<int-i:TransactionResponseData><int-i:ErrorMessage>
  <int-i:ErrorCode>112</int-i:ErrorCode>
  <int-i:ErrorFieldMnemonicCode>DOB</int-i:ErrorFieldMnemonicCode>
  <int-i:ErrorMessageText>NOT A DATE</int-i:ErrorMessageText>
</int-i:ErrorMessage></int-i:TransactionResponseData>"""


def answer(tot: str, response: str, *, version: str = "06.00", sent: str = "2016-04-10T13:46:32Z") -> bytes:
    """An answer with that Type-2 content."""
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<itl:NISTBiometricInformationExchangePackage {spaces}>
 <!-- a comment -->
 <itl:PackageInformationRecord>
  <biom:RecordCategoryCode>1</biom:RecordCategoryCode>
  <biom:Transaction>
   <biom:TransactionDate><nc:Date>2016-04-11</nc:Date></biom:TransactionDate>
   <int-i:TransactionDestinationOrganization>
    <nc:OrganizationName>INTERPOL</nc:OrganizationName>
    <int-i:LocationCountryISO3166Alpha3Code>XPO</int-i:LocationCountryISO3166Alpha3Code>
   </int-i:TransactionDestinationOrganization>
   <int-i:TransactionOriginatingOrganization>
    <nc:OrganizationName>Bureau</nc:OrganizationName>
    <nc:LocationCountryISO3166Alpha3Code>ABC</nc:LocationCountryISO3166Alpha3Code>
   </int-i:TransactionOriginatingOrganization>
   <biom:TransactionUTCDate><nc:DateTime>{sent}</nc:DateTime></biom:TransactionUTCDate>
   <biom:TransactionControlIdentification>
    <nc:IdentificationID>{TCN}</nc:IdentificationID></biom:TransactionControlIdentification>
   <biom:TransactionControlReferenceIdentification>
    <nc:IdentificationID>{TCR}</nc:IdentificationID></biom:TransactionControlReferenceIdentification>
   <biom:TransactionDomain>
    <biom:DomainVersionNumberIdentification>
     <nc:IdentificationID>{version}</nc:IdentificationID></biom:DomainVersionNumberIdentification>
    <biom:TransactionDomainName>INT-I</biom:TransactionDomainName>
   </biom:TransactionDomain>
   <biom:TransactionImageResolutionDetails>
    <biom:NativeScanningResolutionValue>00.00</biom:NativeScanningResolutionValue>
    <biom:NominalTransmittingResolutionValue>00.00</biom:NominalTransmittingResolutionValue>
   </biom:TransactionImageResolutionDetails>
   <biom:TransactionMajorVersionValue>05</biom:TransactionMajorVersionValue>
   <biom:TransactionMinorVersionValue>02</biom:TransactionMinorVersionValue>
   <int-i:TransactionCategoryCode>{tot}</int-i:TransactionCategoryCode>
   <biom:TransactionContentSummary>
    <biom:ContentFirstRecordCategoryCode>1</biom:ContentFirstRecordCategoryCode>
    <biom:ContentRecordQuantity>1</biom:ContentRecordQuantity>
    <biom:ContentRecordSummary>
     <biom:ImageReferenceIdentification><nc:IdentificationID>00</nc:IdentificationID></biom:ImageReferenceIdentification>
     <biom:RecordCategoryCode>02</biom:RecordCategoryCode>
    </biom:ContentRecordSummary>
   </biom:TransactionContentSummary>
  </biom:Transaction>
 </itl:PackageInformationRecord>
 <itl:PackageDescriptiveTextRecord>
  <biom:RecordCategoryCode>02</biom:RecordCategoryCode>
  <biom:ImageReferenceIdentification><nc:IdentificationID>0</nc:IdentificationID></biom:ImageReferenceIdentification>
  <itl:UserDefinedDescriptiveDetail>
   <int-i:DomainDefinedDescriptiveDetail>{response}</int-i:DomainDefinedDescriptiveDetail>
  </itl:UserDefinedDescriptiveDetail>
 </itl:PackageDescriptiveTextRecord>
</itl:NISTBiometricInformationExchangePackage>
""".encode()


def no_hit() -> bytes:
    """A no-hit with all its items, as the public sample has it."""
    return answer("SRE", NO_HIT)


def hit() -> bytes:
    """A hit with a candidate's numbers and remark."""
    return answer("SRE", HIT)


def error() -> bytes:
    """An error about a date."""
    return answer("ERR", ERROR)
