"""Words that made-up publications are put together from; nobody and nothing in them is real."""

from __future__ import annotations

CONDITIONS = {
    "gene": ("Noonan syndrome", "Williams syndrome", "22q11.2 deletion", "Turner syndrome",
             "Cornelia de Lange syndrome", "Down syndrome", "Kabuki syndrome"),
    "neurological": ("facial palsy", "Parkinson's disease", "acute stroke", "myasthenia gravis",
                     "amyotrophic lateral sclerosis"),
    "psychiatric": ("depression", "autism", "schizophrenia", "bipolar disorder"),
    "medication": ("steroid-induced facial change", "tardive dyskinesia"),
    "other": ("acromegaly", "Cushing's syndrome", "coronary artery disease"),
}  # fmt: skip
TECHNIQUES = (
    "convolutional neural networks", "a deep residual network", "transfer learning",
    "a vision transformer", "deep metric learning", "a recurrent convolutional network",
)  # fmt: skip
DESIGNS = (
    "a multicentre study", "a cross-sectional study", "a retrospective study",
    "a prospective validation", "a case-control study", "development and validation",
)  # fmt: skip
SURNAMES = (
    "Abebe", "Bianchi", "Castillo", "Demir", "Eriksson", "Fontaine", "Gonzalez", "Hoffmann",
    "Ibrahim", "Jansen", "Kowalski", "Larsen", "Moreau", "Nakamura", "Okafor", "Petrov", "Quispe",
    "Rossi", "Sharma", "Tanaka", "Usman", "Vasquez", "Weber", "Xu", "Yilmaz", "Zhou", "Andersson",
    "Bhatt", "Chowdhury", "Diallo", "Esposito", "Farkas", "Gruber", "Haddad", "Ivanova",
    "Jovanovic",
)  # fmt: skip
INITIALS = "A B C D E F G H J K L M N P R S T".split()
COUNTRIES = (
    "China", "Germany", "India", "Japan", "Nigeria", "Brazil", "United States", "Türkiye", "Italy",
)  # fmt: skip
JOURNALS = (
    ("Journal of Facial Phenotyping", "J Facial Phenotyp"),
    ("Annals of Computational Diagnosis", "Ann Comput Diagn"),
    ("Frontiers of Digital Dysmorphology", "Front Digit Dysmorphol"),
    ("Machine Vision in Medicine", "Mach Vis Med"),
    ("International Archive of Expression Analysis", "Int Arch Expr Anal"),
)
IRRELEVANT = {
    "not_human": (
        "Recognising individual {thing} by their faces with deep learning on farms in {place}",
        ("cattle", "sheep", "chimpanzees", "pigs", "horses", "lemurs"),
    ),
    "not_full_face": (
        "Deep learning on images of the {thing} for screening in {place}",
        ("retina", "iris", "teeth", "tongue", "eyelid", "chest", "colon", "breast"),
    ),
    "not_medical": (
        "Facial recognition by neural networks for {thing} in {place}",
        ("access control", "payment at tills", "crowd counting", "driver identification",
         "photo albums", "detecting synthetic pictures", "school attendance"),
    ),
    "not_empirical": (
        "Facial image analysis by deep learning and {thing}: a narrative review from {place}",
        ("rare disease", "neurology", "psychiatry", "telemedicine", "ethics", "paediatrics"),
    ),
}  # fmt: skip
REFERENCES = ("molecular test", "two specialists", "DSM-5 interview", "imaging", "hormone levels")
"""Reference standards."""
