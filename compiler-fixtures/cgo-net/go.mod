module fixture.test/cgonet

go 1.22
