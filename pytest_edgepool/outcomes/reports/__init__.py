"""What came of a run, as files for people and programs: CSV, JSON, a workbook and a page, all with the same figures."""
