# Employment of one state by county with R's survey package: the reference for values, standard errors and time.
# Arguments: CSV of records joined with the crosswalk (a record once per county: county, employed, weight, afact,
# repwtp1 to repwtp80), CSV to write. Prints seconds of the estimation as JSON; reading is not counted.
suppressPackageStartupMessages(library(survey))
arguments <- commandArgs(trailingOnly = TRUE)
started_reading <- proc.time()[["elapsed"]]
records <- read.csv(arguments[1], colClasses = c(county = "character"))
started <- proc.time()[["elapsed"]]
replicates <- as.matrix(records[paste0("repwtp", 1:80)]) * records$afact
design <- svrepdesign(
  variables = records["employed"], weights = records$weight * records$afact, repweights = replicates,
  type = "JK1", scale = 4 / 80, rscales = rep(1, 80), mse = TRUE, combined.weights = TRUE
)
design$variables$county <- records$county
result <- svyby(~employed, ~county, design, svymean)
bounds <- confint(result, df = degf(design))
ended <- proc.time()[["elapsed"]]
write.csv(data.frame(county = result$county, value = result$employed, standard_error = result$se,
                     lower = bounds[, 1], upper = bounds[, 2]), arguments[2], row.names = FALSE)
cat(sprintf('{"reading": %.3f, "estimation": %.3f, "records": %d, "survey": "%s", "R": "%s"}\n', started - started_reading,
            ended - started, nrow(records), packageVersion("survey"), getRversion()))
