module fixture.test/duplicatesizes

go 1.23
