-- The metric table (design §4.1): every metric's result in one shape, order and type.
-- `estimate` is what the metric's own SQL gives; columns it does not have are NULL.
WITH
-- Columns of the contract and their types
contract AS (
    SELECT NULL::VARCHAR AS measure, NULL::VARCHAR AS geoid, NULL::VARCHAR AS subgroup_type,
           NULL::VARCHAR AS subgroup, NULL::DOUBLE AS value, NULL::DOUBLE AS lower, NULL::DOUBLE AS upper,
           NULL::TINYINT AS quality, NULL::DOUBLE AS standard_error, NULL::DOUBLE AS numerator,
           NULL::DOUBLE AS denominator, NULL::BIGINT AS sample_size, NULL::VARCHAR AS note
    WHERE false
),
-- The metric's result with a column for each of the contract
complete AS (
    SELECT * FROM contract UNION ALL BY NAME SELECT * FROM estimate
)
SELECT getvariable('metric')::VARCHAR AS metric,
       measure,
       getvariable('year')::SMALLINT AS year,
       getvariable('geography')::VARCHAR AS geography,
       geoid,
       subgroup_type,
       subgroup,
       value::DOUBLE AS value,
       lower::DOUBLE AS lower,
       upper::DOUBLE AS upper,
       quality::TINYINT AS quality,
       standard_error::DOUBLE AS standard_error,
       numerator::DOUBLE AS numerator,
       denominator::DOUBLE AS denominator,
       sample_size::BIGINT AS sample_size,
       note
FROM complete
ORDER BY measure, geoid, subgroup_type, subgroup
