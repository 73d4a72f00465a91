module fixture.test/hellonet

go 1.22
