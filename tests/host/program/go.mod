module host.test/program

go 1.22
