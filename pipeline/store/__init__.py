"""Where things lie: tables and their records, raw files and their manifests, locks."""
