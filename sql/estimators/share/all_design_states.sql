-- States whose designs any region may need: all.
SELECT DISTINCT statefip FROM design_allocation
