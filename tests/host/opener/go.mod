module host.test/opener

go 1.22
