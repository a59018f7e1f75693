"""The lane of reception centres: enrolment into a national gallery, duplicates looked at by people."""
