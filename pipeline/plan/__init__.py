"""What could be made: from the catalog and the landed files to steps. Plans only look; ``pipeline.run`` makes."""
