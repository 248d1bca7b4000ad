-- EPA's tract codes and those of the American Community Survey.
SELECT epa_tract, acs_tract FROM raw ORDER BY epa_tract
