-- States whose designs the areas need: those that they lie in.
SELECT DISTINCT statefip FROM allocation
