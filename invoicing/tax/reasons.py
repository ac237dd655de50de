"""Why an invoice carries no tax: the reasons an owner picks from, as data.

Each has its category (BT-118), its VATEX code where the European list has one (BT-121) and the
words that stand on the paper (BT-120), in each language of a document. The owner reads `plain`.

Sources: Directive 2006/112/EC; the code list "VATEX" of the European Commission (CEF/EN 16931).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from invoicing.core.text import Text, msg
from invoicing.tax.domain import TaxCategory

LANGUAGES: Final = ("en", "fr")
#: The choice of a reason that is not in the list; its words are typed.
OTHER: Final = "other"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for no tax; `country` is empty where it holds everywhere in the Union."""

    key: str
    category: TaxCategory
    plain: Text
    code: str
    english: str
    french: str
    source: str
    country: str = ""

    @property
    def words(self) -> dict[str, str]:
        """What the invoice says, by language (BT-120); empty where nothing has to be said."""
        said = zip(LANGUAGES, (self.english, self.french), strict=True)
        return {language: text for language, text in said if text}


_E, _AE, _K = TaxCategory.EXEMPT, TaxCategory.REVERSE_CHARGE, TaxCategory.INTRA_COMMUNITY
_G, _O, _Z = TaxCategory.EXPORT, TaxCategory.OUTSIDE_SCOPE, TaxCategory.ZERO_RATED
_SMALL: Final = msg("No VAT: small business")

_ALL: Final = (
    Reason(
        "reverse-charge",
        _AE,
        msg("No VAT: the client declares it (reverse charge)"),
        "VATEX-EU-AE",
        "Reverse charge: VAT is due by the customer.",
        "Autoliquidation : la TVA est due par le preneur.",
        "Directive 2006/112/EC art. 44, 194 to 199, 226 (11a)",
    ),
    Reason(
        "eu-goods",
        _K,
        msg("No VAT: goods to a business in another EU country"),
        "VATEX-EU-IC",
        "Intra-Community supply, exempt from VAT (Article 138, Directive 2006/112/EC).",
        "Livraison intracommunautaire exonérée de TVA (article 138, directive 2006/112/CE).",
        "Directive 2006/112/EC art. 138, 226 (11)",
    ),
    Reason(
        "export",
        _G,
        msg("No VAT: export outside the EU"),
        "VATEX-EU-G",
        "Export outside the EU, exempt from VAT (Article 146, Directive 2006/112/EC).",
        "Exportation hors de l’UE, exonérée de TVA (article 146, directive 2006/112/CE).",
        "Directive 2006/112/EC art. 146, 226 (11)",
    ),
    Reason(
        "small-business-fr",
        _E,
        _SMALL,
        "VATEX-FR-FRANCHISE",
        "VAT not applicable, article 293 B of the French tax code (CGI).",
        "TVA non applicable, art. 293 B du CGI",
        "Code général des impôts, art. 293 B, 293 E",
        "FR",
    ),
    Reason(
        "small-business-de",
        _E,
        _SMALL,
        "",
        "No VAT is charged: small business under § 19 of the German VAT act (UStG).",
        "Sans TVA : petite entreprise selon le § 19 de la loi allemande sur la TVA (UStG).",
        "Umsatzsteuergesetz, § 19 (1); UStDV § 34a",
        "DE",
    ),
    Reason(
        "small-business-be",
        _E,
        _SMALL,
        "",
        "Small business subject to the exemption scheme: VAT not applicable.",
        "Petite entreprise soumise au régime de la franchise de taxe. TVA non applicable.",
        "Code de la TVA (Belgique), art. 56bis; arrêté royal n° 19 du 29 juin 2014",
        "BE",
    ),
    Reason(
        "small-business-lu",
        _E,
        _SMALL,
        "",
        "VAT not applicable: small business (article 57, Luxembourg VAT law).",
        "TVA non applicable : franchise de taxe (article 57 de la loi TVA).",
        "Loi du 12 février 1979 concernant la TVA (Luxembourg), art. 57",
        "LU",
    ),
    Reason(
        "not-registered-gb",
        _E,
        msg("No VAT: exempt supply"),
        "",
        "Exempt from VAT.",
        "Exonéré de TVA.",
        "Value Added Tax Act 1994, s. 31, schedule 9",
        "GB",
    ),
    Reason(
        "not-liable-ch",
        _E,
        msg("No VAT: exempt supply"),
        "",
        "Exempt from VAT (Article 21, Swiss VAT act).",
        "Exclu du champ de l’impôt (art. 21 LTVA).",
        "LTVA (RS 641.20), art. 10 al. 2, art. 21",
        "CH",
    ),
    Reason(
        "medical-care",
        _E,
        msg("No VAT: medical care"),
        "VATEX-EU-132-1C",
        "Exempt from VAT: medical care (Article 132(1)(c), Directive 2006/112/EC).",
        "Exonéré de TVA : soins à la personne (article 132, § 1, c, directive 2006/112/CE).",
        "Directive 2006/112/EC art. 132 (1) (c)",
    ),
    Reason(
        "education",
        _E,
        msg("No VAT: education and training"),
        "VATEX-EU-132-1I",
        "Exempt from VAT: education (Article 132(1)(i), Directive 2006/112/EC).",
        "Exonéré de TVA : enseignement et formation (article 132, § 1, i, directive 2006/112/CE).",
        "Directive 2006/112/EC art. 132 (1) (i)",
    ),
    Reason(
        "insurance-finance-rent",
        _E,
        msg("No VAT: insurance, finance or letting"),
        "VATEX-EU-135-1",
        "Exempt from VAT (Article 135(1), Directive 2006/112/EC).",
        "Exonéré de TVA (article 135, § 1, directive 2006/112/CE).",
        "Directive 2006/112/EC art. 135 (1)",
    ),
    Reason(
        "ships-and-aircraft",
        _E,
        msg("No VAT: sea-going ships and aircraft"),
        "VATEX-EU-148",
        "Exempt from VAT (Article 148, Directive 2006/112/EC).",
        "Exonéré de TVA (article 148, directive 2006/112/CE).",
        "Directive 2006/112/EC art. 148",
    ),
    Reason(
        "second-hand",
        _E,
        msg("No VAT shown: second-hand goods, margin scheme"),
        "VATEX-EU-F",
        "Margin scheme — second-hand goods.",
        "Régime particulier — Biens d’occasion.",
        "Directive 2006/112/EC art. 226 (14), 312 to 325",
    ),
    Reason(
        "works-of-art",
        _E,
        msg("No VAT shown: works of art, margin scheme"),
        "VATEX-EU-I",
        "Margin scheme — works of art.",
        "Régime particulier — Objets d’art.",
        "Directive 2006/112/EC art. 226 (14), 312 to 325",
    ),
    Reason(
        "antiques",
        _E,
        msg("No VAT shown: collectors’ items and antiques, margin scheme"),
        "VATEX-EU-J",
        "Margin scheme — collector’s items and antiques.",
        "Régime particulier — Objets de collection et d’antiquité.",
        "Directive 2006/112/EC art. 226 (14), 312 to 325",
    ),
    Reason(
        "disbursement",
        _E,
        msg("No VAT: costs passed on exactly as paid"),
        "VATEX-EU-79-C",
        "Disbursement in the name and on behalf of the customer, outside the taxable amount.",
        "Débours au nom et pour le compte du client, hors base d’imposition.",
        "Directive 2006/112/EC art. 79 (c)",
    ),
    Reason(
        "zero-rated",
        _Z,
        msg("Taxed at zero per cent"),
        "",
        "",
        "",
        "Value Added Tax Act 1994, s. 30, schedule 8; national zero rates",
    ),
    Reason(
        "outside-scope",
        _O,
        msg("No VAT: not subject to it"),
        "VATEX-EU-O",
        "Not subject to VAT.",
        "Opération hors du champ d’application de la TVA.",
        "Directive 2006/112/EC art. 2",
    ),
)
REASONS: Final[Mapping[str, Reason]] = MappingProxyType({reason.key: reason for reason in _ALL})


def reasons_for(country: str) -> tuple[Reason, ...]:
    """The reasons a company of `country` (ISO 3166-1 alpha-2) picks from, the usual ones first."""
    own = [reason for reason in _ALL if reason.country == country]
    return (*own, *(reason for reason in _ALL if not reason.country))


def reason_behind(category: TaxCategory, code: str, words: Mapping[str, str]) -> Reason | None:
    """The reason of the list that says exactly this; None when the words are somebody's own."""
    said = {language: text for language, text in words.items() if text}
    for reason in _ALL:
        if (reason.category, reason.code) == (category, code) and reason.words == said:
            return reason
    return None
