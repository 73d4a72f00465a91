module fixture.test/assembly

go 1.22
