module fixture.test/mapinitpruned

go 1.22
