module fixture.test/duplicatedefinition

go 1.22
