module fixture.test/fips

go 1.24
