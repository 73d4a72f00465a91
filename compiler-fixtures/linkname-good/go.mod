module fixture.test/linknamegood

go 1.22
