module estimate

go 1.27
