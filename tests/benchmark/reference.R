# Employment by county with R's survey package, each state a design of its own: the reference for values, standard errors
# and time. Arguments: CSV of records joined with the crosswalk (a record once per county: state, county, employed, weight,
# afact, repwt1 to repwt80), CSV to write. Prints seconds of the estimation as JSON; reading is not counted.
suppressPackageStartupMessages(library(survey))
arguments <- commandArgs(trailingOnly = TRUE)
records <- read.csv(arguments[1], colClasses = c(state = "character", county = "character"))
by_state <- split(records, records$state)
estimate <- function(records) {
  replicates <- as.matrix(records[paste0("repwt", 1:80)]) * records$afact
  design <- svrepdesign(
    variables = records[c("employed", "county")], weights = records$weight * records$afact, repweights = replicates,
    type = "JK1", scale = 4 / 80, rscales = rep(1, 80), mse = TRUE, combined.weights = TRUE
  )
  result <- svyby(~employed, ~county, design, svymean)
  bounds <- confint(result, df = degf(design))
  data.frame(county = result$county, value = result$employed, standard_error = result$se,
             lower = bounds[, 1], upper = bounds[, 2])
}
started <- proc.time()[["elapsed"]]
result <- do.call(rbind, lapply(by_state, estimate))
ended <- proc.time()[["elapsed"]]
write.csv(result, arguments[2], row.names = FALSE)
cat(sprintf('{"estimation": %.3f, "records": %d, "survey": "%s", "R": "%s"}\n', ended - started,
            nrow(records), packageVersion("survey"), getRversion()))
