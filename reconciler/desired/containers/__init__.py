"""Parts of a topology to containers' specs: servers, jobs, files, environment, volumes."""
