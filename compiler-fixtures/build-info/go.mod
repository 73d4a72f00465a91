module fixture.test/buildinfo

go 1.22
