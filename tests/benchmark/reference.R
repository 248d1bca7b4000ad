# Employment by county with R's survey package, each state a design of its own: the reference for values, standard errors
# and time. Arguments: folder of CSV files, state=NN/*.csv, of records joined with the crosswalk (a record once per county:
# county, employed, weight, afact, repwt1 to repwt80), CSV to write. Prints seconds of the estimation as JSON; reading is not
# counted.
suppressPackageStartupMessages(library(survey))
arguments <- commandArgs(trailingOnly = TRUE)
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
seconds <- 0
count <- 0
result <- NULL
for (folder in list.dirs(arguments[1], recursive = FALSE)) {
  records <- do.call(rbind, lapply(list.files(folder, full.names = TRUE), read.csv, colClasses = c(county = "character")))
  started <- proc.time()[["elapsed"]]
  of_state <- estimate(records)
  seconds <- seconds + proc.time()[["elapsed"]] - started
  count <- count + nrow(records)
  result <- rbind(result, of_state)
}
write.csv(result, arguments[2], row.names = FALSE)
cat(sprintf('{"estimation": %.3f, "records": %d, "survey": "%s", "R": "%s"}\n', seconds, count, packageVersion("survey"),
            getRversion()))
