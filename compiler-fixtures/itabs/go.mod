module fixture.test/itabs

go 1.22
